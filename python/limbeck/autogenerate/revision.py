"""The context of the command `revision`: it compares, runs the hooks and writes the scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck import util
from limbeck.autogenerate import compare, render
from limbeck.autogenerate._kinds import kinds_of
from limbeck.autogenerate.context import AutogenContext
from limbeck.operations import ops
from limbeck.runtime._notices import notifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.config import Config
    from limbeck.operations.ops import MigrationScript
    from limbeck.runtime.environment import ProcessRevisionDirectiveFn, _GetRevArg
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script.base import Script, ScriptDirectory


class RevisionContext:
    """The scripts that one `revision` command is going to write.

    :param config: passed to the template as `config`.
    :param script_directory: the directory of the scripts.
    :param command_args: the arguments of the command, by name.
    :param process_revision_directives: the caller's hook, which runs before that of env.py.
    """

    generated_revisions: list[MigrationScript]
    """The scripts to write; hooks may replace them."""

    process_revision_directives: ProcessRevisionDirectiveFn | None

    def __init__(
        self,
        config: Config,
        script_directory: ScriptDirectory,
        command_args: dict[str, Any],
        process_revision_directives: ProcessRevisionDirectiveFn | None = None,
    ) -> None:
        self.config = config
        self.script_directory = script_directory
        self.command_args = command_args
        self.process_revision_directives = process_revision_directives
        self.template_args = {"config": config}
        self.generated_revisions = [self._first_script()]
        self._last_autogen_context: AutogenContext | None = None

    def _first_script(self) -> MigrationScript:
        arguments = self.command_args
        return ops.MigrationScript(
            rev_id=arguments["rev_id"] or util.rev_id(),
            message=arguments["message"],
            upgrade_ops=ops.UpgradeOps([]),
            downgrade_ops=ops.DowngradeOps([]),
            head=arguments["head"],
            splice=arguments["splice"],
            branch_label=arguments["branch_label"],
            version_path=arguments["version_path"],
            depends_on=arguments["depends_on"],
        )

    def run_autogenerate(self, rev: _GetRevArg, migration_context: MigrationContext) -> None:
        """Compare the database of a context with the model.

        :param rev: the current revisions of the database.
        :param migration_context: configured by env.py.
        :raises CommandError: with `--sql`, or if the database is not at the heads.
        """
        if self.command_args["sql"]:
            raise util.CommandError("Using --sql with --autogenerate does not make any sense")
        directory = self.script_directory
        if set(directory._get_any(rev, rev)) != set(directory.get_revisions("heads")):
            raise util.CommandError("Target database is not up to date.")
        self._run(rev, migration_context, autogenerate=True)

    def run_no_autogenerate(self, rev: _GetRevArg, migration_context: MigrationContext) -> None:
        """Run the hooks on the script, without a comparison.

        :param rev: the current revisions of the database.
        :param migration_context: configured by env.py.
        """
        self._run(rev, migration_context, autogenerate=False)

    def _run(
        self, rev: _GetRevArg, migration_context: MigrationContext, *, autogenerate: bool
    ) -> None:
        script = self.generated_revisions[-1]
        if self._last_autogen_context is not None:
            # env.py migrates several databases; the changes of each get their own containers
            script._upgrade_ops.append(ops.UpgradeOps([]))
            script._downgrade_ops.append(ops.DowngradeOps([]))
        script.upgrade_ops_list[-1].upgrade_token = migration_context.opts["upgrade_token"]
        script.downgrade_ops_list[-1].downgrade_token = migration_context.opts["downgrade_token"]

        self._last_autogen_context = autogen_context = AutogenContext(
            migration_context, autogenerate=autogenerate
        )
        if autogenerate:
            compare._populate_migration_script(autogen_context, script)
            if getattr(getattr(self.config, "cmd_opts", None), "verbose", False) is True:
                notify = notifier(self.config)
                for line in kinds_of(autogen_context).lines():
                    notify(line)
        hooks = (
            self.process_revision_directives,
            migration_context.opts["process_revision_directives"],
        )
        for hook in hooks:
            if hook:
                hook(migration_context, rev, self.generated_revisions)

    def generate_scripts(self) -> Iterator[Script | None]:
        """Write the scripts, one per iteration.

        Yields `None` for a script whose name is not that of a revision file.
        """
        for script in self.generated_revisions:
            yield self._write(script)

    def _write(self, script: MigrationScript) -> Script | None:
        template_args: dict[str, Any] = dict(self.template_args)
        context = self._last_autogen_context
        if context is not None:  # env.py has run
            context.imports = set(script.imports or ())
            render._render_python_into_templatevars(context, script, template_args)
        assert script.rev_id is not None
        return self.script_directory.generate_revision(
            script.rev_id,
            script.message,
            refresh=True,
            head=script.head,
            splice=script.splice,
            branch_labels=script.branch_label,
            version_path=script.version_path,
            depends_on=script.depends_on,
            **template_args,
        )
