"""The same for many videos at once, and undoing it: tags, stars, hearts, watched."""
