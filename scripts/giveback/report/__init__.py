"""The page that `giveback report` writes: each chart's figures are prepared by
one module here and drawn by one script in page/.
"""
