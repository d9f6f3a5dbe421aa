"""What the code that the article's author published does otherwise, and no setting of training says.

Source: butsugiri/bokete, commit 00e8cbd of 2016-12-30, bin/img2seq. Read, not copied.
"""
