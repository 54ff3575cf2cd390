module example.com/quadrant/guest

go 1.24
