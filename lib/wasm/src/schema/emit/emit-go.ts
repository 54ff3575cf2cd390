import type { FieldLayout, LayoutType, SchemaLayout, StructLayout } from '../layout.ts'
import { isPointer } from '../layout.ts'
import type { GoShape, ShapedStruct } from '../go/go-shape.ts'
import type { CodeWriter } from './code-writer.ts'
import { defaultBits } from './default-bits.ts'
import { listSize } from './list-size.ts'

/** Go code that writes structs as messages and reads them: methods of the types, which are declared elsewhere. */
export function emitGo(layout: SchemaLayout, structs: readonly ShapedStruct[], code: CodeWriter): void {
  const layouts = new Map(layout.structs.map((each) => [each.name, each]))
  for (const struct of structs) new GoStructEmitter(layouts, struct, code).emit()
}

/** How a data kind is written and read. */
function wordOf(kind: string): {
  readonly bits: number
  readonly from: (value: string) => string
  readonly to: (go: string, bits: string) => string
} {
  if (kind === 'float32' || kind === 'float64') {
    const bits = kind === 'float32' ? 32 : 64
    return {
      bits,
      from: (value) => `math.Float${bits}bits(float${bits}(${value}))`,
      to: (go, read) => convert(go, `math.Float${bits}frombits(${read})`, kind),
    }
  }
  const bits = kind === 'enum' ? 16 : Number(/\d+$/.exec(kind)![0])
  return {
    bits,
    from: (value) => `uint${bits}(${value})`,
    to: (go, read) => convert(go, read, `uint${bits}`),
  }
}

function convert(go: string, expression: string, is: string): string {
  return go === is ? expression : `${go}(${expression})`
}

class GoStructEmitter {
  readonly #layouts: ReadonlyMap<string, StructLayout>
  readonly #struct: ShapedStruct
  readonly #layout: StructLayout
  readonly #code: CodeWriter
  /** Numbers names of local variables. */
  #count = 0

  constructor(layouts: ReadonlyMap<string, StructLayout>, struct: ShapedStruct, code: CodeWriter) {
    this.#layouts = layouts
    this.#struct = struct
    this.#layout = layouts.get(struct.name)!
    this.#code = code
  }

  emit(): void {
    const code = this.#code
    const { name } = this.#struct
    const go = goName(name)
    const { dataWords, pointerCount } = this.#layout
    code.line(`// MarshalCapnp writes v as a message of Cap'n Proto in one segment.`)
    code.block(`func (v *${go}) MarshalCapnp() ([]byte, error)`, () => {
      code.line('w := capnpNewWriter()')
      code.line(`v.putCapnp(w, w.structAt(8, ${dataWords}, ${pointerCount}))`)
      code.line('return w.finish()')
    })
    code.line()
    code.line('// UnmarshalCapnp reads such a message. Where it fails v stays as it is.')
    code.block(`func (v *${go}) UnmarshalCapnp(b []byte) error`, () => {
      code.line('r := capnpNewReader(b)')
      code.line('p, _ := r.structAt(8, 0)')
      code.line(`var read ${go}`)
      code.line('read.getCapnp(r, p)')
      code.block('if r.err == nil', () => code.line('*v = read'))
      code.line('return r.err')
    })
    code.line()
    code.block(`func (v *${go}) putCapnp(w *capnpWriter, at int)`, () => {
      code.block('if !w.enter()', () => code.line('return'))
      for (const [shaped, field] of this.#fields())
        this.#putAt(shaped.shape, field, `v.${shaped.name}`, 'at', this.#layout.dataWords)
      code.line('w.depth--')
    })
    code.line()
    code.block(`func (v *${go}) getCapnp(r *capnpReader, p capnpPlace)`, () => {
      code.block('if r.err != nil', () => code.line('return'))
      for (const [shaped, field] of this.#fields())
        this.#getField(shaped.shape, field, `v.${shaped.name}`, 'p')
    })
    code.line()
  }

  *#fields(): Generator<readonly [ShapedStruct['fields'][number], FieldLayout]> {
    for (const shaped of this.#struct.fields) yield [shaped, this.#layout.fields[shaped.ordinal]!]
  }

  #name(prefix: string): string {
    return `${prefix}${this.#count++}`
  }

  #putAt(shape: GoShape, field: FieldLayout, value: string, at: string, dataWords: number): void {
    const { type, offset } = field
    if (type.kind === 'void') return
    if (isPointer(type)) {
      this.#putPointer(
        shape,
        type,
        value,
        offset + dataWords === 0 ? at : `${at}+${(dataWords + offset) * 8}`,
      )
      return
    }
    const mix = defaultBits(field)
    if (type.kind === 'bool') {
      this.#code.line(
        `w.bit(${at}, ${offset}, ${convert('bool', value, shape.go)}${mix === 0n ? '' : ' != true'})`,
      )
      return
    }
    const { bits, from } = wordOf(type.kind)
    const place = offset === 0 ? at : `${at}+${(offset * bits) / 8}`
    this.#code.line(`w.u${bits}(${place}, ${from(value)}${mix === 0n ? '' : `^0x${mix.toString(16)}`})`)
  }

  #putPointer(shape: GoShape, type: LayoutType, value: string, pointer: string): void {
    const code = this.#code
    switch (shape.kind) {
      case 'basic':
        if (type.kind === 'text') code.line(`w.text(${pointer}, ${convert('string', value, shape.go)})`)
        else
          this.#putComplex(
            shape.basic,
            value,
            `w.structAt(${pointer}, ${shape.basic === 'complex64' ? 1 : 2}, 0)`,
          )
        return
      case 'bytes':
        code.line(`w.data(${pointer}, ${shape.length === undefined ? value : `${value}[:]`})`)
        return
      case 'struct':
        code.line(
          `(*${goName(shape.struct)})(&${value}).putCapnp(w, w.structAt(${pointer}, ${this.#size(type)}))`,
        )
        return
      case 'pointer':
        code.block(`if ${value} != nil`, () =>
          code.line(`${value}.putCapnp(w, w.structAt(${pointer}, ${this.#size(type)}))`),
        )
        return
      case 'list':
        this.#putList(shape, (type as { readonly element: LayoutType }).element, value, pointer)
        return
      case 'map':
        this.#putMap(shape, (type as { readonly element: LayoutType }).element, value, pointer)
    }
  }

  #size(type: LayoutType): string {
    const { dataWords, pointerCount } = this.#layouts.get((type as { readonly name: string }).name)!
    return `${dataWords}, ${pointerCount}`
  }

  #putComplex(basic: string, value: string, struct: string): void {
    const bits = basic === 'complex64' ? 32 : 64
    const at = this.#name('c')
    this.#code.line(`${at} := ${struct}`)
    for (const [part, offset] of [
      ['real', 0],
      ['imag', bits / 8],
    ] as const)
      this.#code.line(
        `w.u${bits}(${at}+${offset}, math.Float${bits}bits(${part}(complex${bits * 2}(${value}))))`,
      )
  }

  #putList(shape: GoShape & { kind: 'list' }, element: LayoutType, value: string, pointer: string): void {
    const code = this.#code
    const [list, index] = [this.#name('l'), this.#name('i')]
    const size = listSize(element)
    code.block(`if len(${value}) > 0`, () => {
      const item = `${value}[${index}]`
      if (size === undefined) {
        const { dataWords, pointerCount } = this.#layouts.get((element as { name: string }).name)!
        const step = (dataWords + pointerCount) * 8
        code.line(`${list} := w.structsAt(${pointer}, ${dataWords}, ${pointerCount}, len(${value}))`)
        code.block(`for ${index} := range ${value}`, () => {
          const at = `${list}+${index}*${step}`
          if (shape.element.kind === 'basic')
            this.#putComplex(shape.element.basic, item, `${list} + ${index}*${step}`)
          else if (shape.element.kind === 'pointer') {
            code.block(`if ${item} == nil`, () => {
              code.line(`w.fail("element %d of a list is nil", ${index})`)
              code.line('return')
            })
            code.line(`${item}.putCapnp(w, ${at})`)
          } else
            code.line(
              `(*${goName((shape.element as { struct: string }).struct)})(&${item}).putCapnp(w, ${at})`,
            )
        })
        return
      }
      code.line(`${list} := w.listAt(${pointer}, ${size.size}, ${size.bits}, len(${value}))`)
      code.block(`for ${index} := range ${value}`, () => {
        if (size.bits === 1) code.line(`w.bit(${list}, ${index}, ${convert('bool', item, shape.element.go)})`)
        else if (size.size === 6) this.#putPointer(shape.element, element, item, `${list}+${index}*8`)
        else
          code.line(`w.u${size.bits}(${list}+${index}*${size.bits / 8}, ${wordOf(element.kind).from(item)})`)
      })
    })
  }

  /** Entries in the order of their keys, so that the same map has the same bytes. */
  #putMap(shape: GoShape & { kind: 'map' }, element: LayoutType, value: string, pointer: string): void {
    const code = this.#code
    const entry = this.#layouts.get((element as { name: string }).name)!
    const [keys, list, index, key, item, at] = ['keys', 'l', 'i', 'k', 'e', 'a'].map((each) =>
      this.#name(each),
    ) as [string, string, string, string, string, string]
    code.block(`if len(${value}) > 0`, () => {
      code.line(`${keys} := make([]${shape.key.go}, 0, len(${value}))`)
      code.block(`for ${key} := range ${value}`, () => code.line(`${keys} = append(${keys}, ${key})`))
      code.line(`slices.Sort(${keys})`)
      code.line(`${list} := w.structsAt(${pointer}, ${entry.dataWords}, ${entry.pointerCount}, len(${keys}))`)
      code.block(`for ${index}, ${key} := range ${keys}`, () => {
        code.line(
          `${item}, ${at} := ${value}[${key}], ${list}+${index}*${(entry.dataWords + entry.pointerCount) * 8}`,
        )
        this.#putAt(shape.key, entry.fields[0]!, key, at, entry.dataWords)
        this.#putAt(shape.element, entry.fields[1]!, item, at, entry.dataWords)
        if (shape.element.kind === 'bytes' && shape.element.length === 0) code.line(`_ = ${item}`)
      })
    })
  }

  #getField(shape: GoShape, field: FieldLayout, value: string, place: string): void {
    const { type, offset } = field
    if (type.kind === 'void') return
    if (isPointer(type)) {
      this.#getPointer(shape, type, value, `${place}.ptr(${offset})`, `${place}.depth`)
      return
    }
    const mix = defaultBits(field)
    if (type.kind === 'bool') {
      const read = `r.bit(${place}, ${offset})${mix === 0n ? '' : ' != true'}`
      this.#code.line(`${value} = ${convert(shape.go, read, 'bool')}`)
      return
    }
    const { bits, to } = wordOf(type.kind)
    const read = `r.u${bits}(${place}, ${offset})${mix === 0n ? '' : ` ^ 0x${mix.toString(16)}`}`
    this.#code.line(`${value} = ${to(shape.go, read)}`)
  }

  #getPointer(shape: GoShape, type: LayoutType, value: string, pointer: string, depth: string): void {
    const code = this.#code
    switch (shape.kind) {
      case 'basic':
        if (type.kind === 'text')
          code.line(`${value} = ${convert(shape.go, `r.text(${pointer}, ${depth})`, 'string')}`)
        else
          code.block(`if q, ok := r.structAt(${pointer}, ${depth}); ok`, () =>
            this.#getComplex(shape, value, 'q'),
          )
        return
      case 'bytes':
        if (shape.length === undefined) code.line(`${value} = r.data(${pointer}, ${depth})`)
        else
          code.block(
            `if d := r.data(${pointer}, ${depth}); len(d) > len(${value})`,
            () => code.line(`r.fail("%d bytes for an array of %d", len(d), len(${value}))`),
            () => code.line(`copy(${value}[:], d)`),
          )
        return
      case 'struct':
        code.block(`if q, ok := r.structAt(${pointer}, ${depth}); ok`, () =>
          code.line(`(*${goName(shape.struct)})(&${value}).getCapnp(r, q)`),
        )
        return
      case 'pointer':
        code.block(`if q, ok := r.structAt(${pointer}, ${depth}); ok`, () => {
          code.line(`${value} = new(${goName(shape.struct)})`)
          code.line(`${value}.getCapnp(r, q)`)
        })
        return
      case 'list':
        this.#getList(shape, (type as { readonly element: LayoutType }).element, value, pointer, depth)
        return
      case 'map':
        this.#getMap(shape, (type as { readonly element: LayoutType }).element, value, pointer, depth)
    }
  }

  #getComplex(shape: GoShape & { kind: 'basic' }, value: string, place: string): void {
    const bits = shape.basic === 'complex64' ? 32 : 64
    const part = (offset: number) => `math.Float${bits}frombits(r.u${bits}(${place}, ${offset}))`
    this.#code.line(`${value} = ${convert(shape.go, `complex(${part(0)}, ${part(1)})`, shape.basic)}`)
  }

  #getList(
    shape: GoShape & { kind: 'list' },
    element: LayoutType,
    value: string,
    pointer: string,
    depth: string,
  ): void {
    const code = this.#code
    const [list, index] = [this.#name('l'), this.#name('i')]
    code.line(`${list} := r.listAt(${pointer}, ${depth})`)
    if (shape.length === undefined)
      code.block(`if ${list}.n > 0 && r.hold(${list}.n, unsafe.Sizeof(${value}[0]))`, () =>
        code.line(`${value} = make(${shape.go}, ${list}.n)`),
      )
    else
      code.block(`if ${list}.n > len(${value})`, () =>
        code.line(`r.fail("%d elements for an array of %d", ${list}.n, len(${value}))`),
      )
    code.block(`for ${index} := 0; ${index} < ${list}.n && r.err == nil; ${index}++`, () =>
      this.#getElement(shape.element, element, `${value}[${index}]`, list, index),
    )
  }

  #getElement(shape: GoShape, element: LayoutType, value: string, list: string, index: string): void {
    const code = this.#code
    const size = listSize(element)
    if (shape.kind === 'struct')
      code.line(`(*${goName(shape.struct)})(&${value}).getCapnp(r, r.element(${list}, ${index}))`)
    else if (shape.kind === 'pointer') {
      code.line(`${value} = new(${goName(shape.struct)})`)
      code.line(`${value}.getCapnp(r, r.element(${list}, ${index}))`)
    } else if (size === undefined) {
      const place = this.#name('q')
      code.line(`${place} := r.element(${list}, ${index})`)
      this.#getComplex(shape as GoShape & { kind: 'basic' }, value, place)
    } else if (size.bits === 1)
      code.line(`${value} = ${convert(shape.go, `r.bitOf(${list}, ${index})`, 'bool')}`)
    else if (size.size === 6)
      this.#getPointer(shape, element, value, `r.child(${list}, ${index})`, `${list}.depth`)
    else code.line(`${value} = ${wordOf(element.kind).to(shape.go, `r.e${size.bits}(${list}, ${index})`)}`)
  }

  #getMap(
    shape: GoShape & { kind: 'map' },
    element: LayoutType,
    value: string,
    pointer: string,
    depth: string,
  ): void {
    const code = this.#code
    const entry = this.#layouts.get((element as { name: string }).name)!
    const [list, index, place, key, item] = ['l', 'i', 'q', 'k', 'e'].map((each) => this.#name(each)) as [
      string,
      string,
      string,
      string,
      string,
    ]
    code.line(`${list} := r.listAt(${pointer}, ${depth})`)
    code.block(`if ${list}.n > 0`, () => code.line(`${value} = make(${shape.go}, ${list}.n)`))
    code.block(`for ${index} := 0; ${index} < ${list}.n && r.err == nil; ${index}++`, () => {
      code.line(`${place} := r.element(${list}, ${index})`)
      code.line(`var ${key} ${shape.key.go}`)
      code.line(`var ${item} ${shape.element.go}`)
      this.#getField(shape.key, entry.fields[0]!, key, place)
      this.#getField(shape.element, entry.fields[1]!, item, place)
      code.line(`${value}[${key}] = ${item}`)
    })
  }
}

/** `Person.Phone` is `PersonPhone`. */
export function goName(name: string): string {
  return name
    .split('.')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join('')
}
