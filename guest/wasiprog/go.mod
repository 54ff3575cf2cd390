module example.com/wasiprog

go 1.24
