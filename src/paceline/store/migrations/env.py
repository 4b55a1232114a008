"""Run by Alembic: migrates on the connection that ``upgrade`` has opened, inside its transaction."""

from alembic import context

from paceline.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
