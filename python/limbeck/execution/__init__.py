"""Safe execution: timeouts, retries, whole revisions. All of it is off unless a project asks for it.

| module | content |
| --- | --- |
| `options` | the settings: from `[limbeck]`, the command line and the revision file |
| `hook` | the run hook |
| `steps` | the runner of each step |
| `backends` | what the databases offer: timeouts, and the errors after which another attempt may succeed |
| `statements` | the runner of each statement of a step |
| `concurrent_index` | CREATE INDEX CONCURRENTLY after an attempt that failed |
| `running` | the running step, for what is called in its body |
| `recording` | the entry of a step in the journal |
| `module_state` | containers of a revision file that a failed attempt has changed |
| `attempts` | attempts of a revision, and the pauses between them |
| `blockers` | the sessions that a statement waits for |
| `sqlite` | one transaction for a revision on SQLite, DDL included |
"""
