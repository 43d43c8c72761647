"""The rules, a file for each. `limbeck.lint.rule.all_rules()` collects them."""
