"""What `bokeru verify` computes again from a dataset's rows, or compares with other files."""
