"""What every stage stands on: files that are whole, tables, locks, settings, errors, and where things lie."""
