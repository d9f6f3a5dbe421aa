"""What every stage, command and page costs on a pipeline of ボケ缶's size: time, memory and growth."""
