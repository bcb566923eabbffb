"""nano from nothing: its architecture, its three training stages, its export and its evaluation."""
