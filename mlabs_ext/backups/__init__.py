"""What an administrator's data goes through: backup, restore, check, and the move to another database."""
