"""What the doctor says of an installation, right, wrong or not to be checked."""
