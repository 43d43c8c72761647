"""The plugin `limbeck.objects`: views, functions, triggers and other objects that are declared in SQL.

The declarations are executed on a scratch database, and what the server makes of them is compared with the live database. Between the
two readings there is a plan: what is dropped before the changes of tables, what is made after them, and the same for the way back.
"""
