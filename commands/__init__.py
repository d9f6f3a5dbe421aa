"""The parts of the `bokeru` command: each module holds some commands, each with its options beside it."""
