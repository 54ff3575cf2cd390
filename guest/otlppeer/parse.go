package main

import (
	"os"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func parse() error {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(os.Stdin)
	if err != nil {
		return err
	}
	tell(families)
	return nil
}
