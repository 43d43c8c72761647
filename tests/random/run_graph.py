"""Shows what is in some projects: the parents of each revision, the heads, and the SQL of an upgrade.

Run by Alembic and by limbeck: `python run_graph.py FOLDER...` prints one JSON object for each folder.
"""

import io
import json
import sys
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def describe(folder: Path) -> Any:
    buffer = io.StringIO()
    config = Config(output_buffer=buffer, stdout=io.StringIO())
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory.from_config(config)
    parents = {
        found.revision: sorted(found._versioned_down_revisions) for found in script.walk_revisions()
    }
    sql = None
    try:
        command.upgrade(config, "heads", sql=True)
        sql = buffer.getvalue()
    except KeyError:  # Alembic, if one of several dependencies is an ancestor as well
        pass
    return {"parents": parents, "heads": sorted(script.get_heads()), "sql": sql}


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(json.dumps(describe(Path(name))))
