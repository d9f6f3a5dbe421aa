"""What a dataset build costs at the size of ボケ缶: time, memory, growth, against MeCab alone."""
