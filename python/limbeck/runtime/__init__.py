"""What a run of migrations needs: the environment, the migration context, plugins."""
