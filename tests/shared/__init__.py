"""What the tests of several folders share: builders of values, trees, and the Controllers that they run against."""
