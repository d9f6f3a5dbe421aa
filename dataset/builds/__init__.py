"""What a build took and left out, as tables: to be asked by caption, and compared with other builds."""
