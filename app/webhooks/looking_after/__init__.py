"""What their consumers do with endpoints: test, rotate, pause, retry, replay."""
