"""AD-PL as a recipe: questions about labelled images, ranked answers to them, and the files that hold both."""
