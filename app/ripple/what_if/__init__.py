"""What if departments had been faster, or had kept their promises?"""
