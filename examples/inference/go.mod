module example.com/inference

go 1.24

require (
	example.com/quadrant/guest v0.0.0
	gopkg.in/yaml.v3 v3.0.1
)

replace example.com/quadrant/guest => ../../guest/go
