"""Every model of the plan once more, with single answers taken as the ordered categories they are."""
