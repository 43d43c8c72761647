"""Enums: their labels are compared, and types are created and dropped with the columns that have them.

The plugin `limbeck.enums` runs after the other comparators, and adds to what they found.
"""
