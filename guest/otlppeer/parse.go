package main

import (
	"math"
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
	// JSON has no infinity.
	for _, family := range families {
		for _, metric := range family.Metric {
			for _, bucket := range metric.GetHistogram().GetBucket() {
				if math.IsInf(bucket.GetUpperBound(), 1) {
					*bucket.UpperBound = math.MaxFloat64
				}
			}
		}
	}
	tell(families)
	return nil
}
