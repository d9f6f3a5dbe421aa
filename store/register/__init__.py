"""What lies where: every kind of file, the stages that wrote them, and whether they are whole."""
