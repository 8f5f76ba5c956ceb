"""What a first run needs, looked at before it: machine, Git, Controller, rights, and what the tree refers to.

Every check runs whatever became of the others, and none of them writes: the client of the Controller refuses to.
"""
