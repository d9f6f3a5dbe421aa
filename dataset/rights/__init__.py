"""Where rows come from: licences, what photos say of theirs, whom to credit, and what may be public."""
