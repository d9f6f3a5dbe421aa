"""The features stage: a vector per photo from CaffeNet or another encoder, computed once and cached."""
