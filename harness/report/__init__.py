"""Reports on saved evaluations: what they say (`content`) and how that looks as a page (`page`)."""
