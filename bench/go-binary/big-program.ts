import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../toolchain.ts'

/** So many make 100 MB with symbols, as large services have it. */
const PACKAGE_COUNT = 32
const FUNCTIONS_PER_PACKAGE = 1100

/** A Go program of generated code, built in a folder of its own. */
export class BigProgram implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'quadrant-bench-'))

  constructor() {
    const write = (path: string, text: string) => {
      mkdirSync(join(this.#folder, path, '..'), { recursive: true })
      writeFileSync(join(this.#folder, path), text)
    }
    const packages = Array.from({ length: PACKAGE_COUNT }, (_, index) => `part${index}`)
    write('go.mod', 'module example.com/big\n\ngo 1.20\n')
    packages.forEach((name, index) => write(`${name}/${name}.go`, packageText(name, index)))
    write('main.go', mainText(packages))
  }

  /** The path of the program, built with these arguments: what was compiled before is not compiled again. */
  build(name: string, args: readonly string[]): string {
    const program = join(this.#folder, name)
    build('go', ['build', '-trimpath', '-buildvcs=false', ...args, '-o', program, '.'], this.#folder)
    return program
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Uses what a service uses, so that half of the standard library is in it. */
function mainText(packages: readonly string[]): string {
  return `package main

import (
	"net/http"
	"os"
${packages.map((name) => `	"example.com/big/${name}"\n`).join('')})

func main() {
	all := [][]func(int, string) (string, error){
${packages.map((name) => `		${name}.All,\n`).join('')}	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for _, part := range all {
			for i, one := range part {
				if text, err := one(i, r.URL.Path); err == nil {
					_, _ = w.Write([]byte(text))
				}
			}
		}
	})
	if len(os.Args) > 1 {
		_ = http.ListenAndServe(os.Args[1], nil)
	}
}
`
}

function packageText(name: string, seed: number): string {
  const functions = Array.from({ length: FUNCTIONS_PER_PACKAGE }, (_, index) => functionText(seed, index))
  return `package ${name}

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// All are the functions of this package.
var All = []func(int, string) (string, error){
${functions.map((_, index) => `	handleRequest${index},\n`).join('')}}

func join(parts []string, by string) string {
	return strings.ToUpper(strings.Join(parts, by))
}

func weight(text string) (sum int) {
	for _, r := range text {
		sum = sum*31 + int(r)
	}
	return sum
}
${functions.join('')}`
}

function functionText(seed: number, index: number): string {
  const salt = seed * FUNCTIONS_PER_PACKAGE + index
  return `
type request${index} struct {
	Number int
	Name   string
	Labels map[string]string
	Parts  []string
}

func (r *request${index}) describe(verbose bool) string {
	if verbose {
		return fmt.Sprintf("%d %s %v %s", r.Number+${salt}, r.Name, r.Labels, join(r.Parts, ", "))
	}
	return fmt.Sprint(r.Number, r.Name, weight(r.Name))
}

func handleRequest${index}(number int, name string) (string, error) {
	if name == "" {
		return "", errors.New("request ${salt} without a name")
	}
	r := &request${index}{Number: number, Name: name, Labels: map[string]string{"salt": "${salt}"}}
	for i := 0; i < number%${(salt % 7) + 3}; i++ {
		r.Parts = append(r.Parts, fmt.Sprintf("%s-%d", name, i+weight(name)))
	}
	sort.Slice(r.Parts, func(i, j int) bool { return weight(r.Parts[i]) < weight(r.Parts[j]) })
	switch weight(name) % ${(salt % 5) + 2} {
	case 0:
		return r.describe(true), nil
	case 1:
		r.Labels[name] = join(r.Parts, "/")
		return r.describe(number%2 == 0), nil
	default:
		return fmt.Sprintf("%x", weight(r.describe(false))+${salt}), nil
	}
}
`
}
