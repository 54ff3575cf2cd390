// The same as go/main.go, with what it takes in Node.
const { readFileSync } = require('node:fs')
const { PNG } = require('pngjs')
const { parse } = require('yaml')

const { name, sizes, image } = parse(readFileSync(0, 'utf8'))
const picture = PNG.sync.read(Buffer.from(image, 'base64'))
console.log(
  name,
  sizes.reduce((sum, size) => sum + size, 0),
  picture.width,
  picture.height,
)
