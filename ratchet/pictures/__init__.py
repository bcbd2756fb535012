"""Pictures of what happened: records in, an SVG or PNG out, to be read on light and dark pages."""
