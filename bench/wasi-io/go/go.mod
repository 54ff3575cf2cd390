module example.com/wasiio

go 1.24
