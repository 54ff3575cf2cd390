module example.com/filtercases

go 1.24

require example.com/quadrant/guest v0.0.0

replace example.com/quadrant/guest => ../../go
