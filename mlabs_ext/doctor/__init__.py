"""`mlabs doctor`: looks an installation over, says what is wrong and what to do, and changes nothing."""
