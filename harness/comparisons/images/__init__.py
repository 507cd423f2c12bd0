"""Comparisons of images, all with all, that nobody wrote out as rows: of templates, and in matrices of scores."""
