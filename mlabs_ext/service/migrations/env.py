"""Runs migrations on the connection that `upgrade` opened, which is how alembic wants it."""

from alembic import context

from mlabs_ext.service.orm import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
