{{ headline_rows('bea') }}
