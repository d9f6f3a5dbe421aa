"""What votes say, as numbers: strengths, intervals, agreement, how many votes it takes."""
