"""The build: where files are, running notebooks, the pages. It knows neither the numbers nor the medicine."""
