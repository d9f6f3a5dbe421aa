"""A dataset in the forms that other trainers read."""
