//! What the crate wasi-nn makes of the calls: the host's numbers and layouts are held to it.
//! The model `identity-f32` is named; the file of the first argument is a model of i64.

use wasi_nn::{ExecutionTarget, GraphBuilder, GraphEncoding, TensorType};

fn main() {
    let named = GraphBuilder::new(GraphEncoding::Onnx, ExecutionTarget::CPU)
        .build_from_cache("identity-f32")
        .expect("a named model");
    let mut context = named.init_execution_context().expect("a context");
    context
        .set_input(0, TensorType::F32, &[2, 2], &[1.5f32, -2.0, 0.25, 3e38])
        .expect("an input");
    context.compute().expect("a computation");
    let mut output = [0f32; 4];
    let bytes = context.get_output(0, &mut output).expect("an output");
    println!("f32 {bytes} {output:?}");

    let model = std::fs::read(std::env::args().nth(1).unwrap()).unwrap();
    let brought = GraphBuilder::new(GraphEncoding::Onnx, ExecutionTarget::CPU)
        .build_from_bytes([model])
        .expect("a model of its own");
    let mut context = brought.init_execution_context().expect("a context");
    context
        .set_input(0, TensorType::I64, &[1, 2], &[i64::MIN, 7])
        .expect("an input");
    context.compute().expect("a computation");
    let mut output = [0i64; 2];
    let bytes = context.get_output(0, &mut output).expect("an output");
    println!("i64 {bytes} {output:?}");

    // Errors by the names that the crate gives their numbers.
    let error = |encoding, target, bytes: &[u8]| {
        GraphBuilder::new(encoding, target)
            .build_from_bytes([bytes])
            .unwrap_err()
    };
    println!("name: {:?}", GraphBuilder::new(GraphEncoding::Onnx, ExecutionTarget::CPU).build_from_cache("none").unwrap_err());
    println!("bytes: {:?}", error(GraphEncoding::Onnx, ExecutionTarget::CPU, b"none"));
    println!("encoding: {:?}", error(GraphEncoding::Openvino, ExecutionTarget::CPU, b"none"));
    println!("target: {:?}", error(GraphEncoding::Onnx, ExecutionTarget::GPU, b"none"));
    println!("type: {:?}", context.set_input(0, TensorType::U8, &[1, 2], &[1u8, 2]).unwrap_err());
    let mut small = [0u8; 15];
    println!("buffer: {:?}", context.get_output(0, &mut small).unwrap_err());
}
