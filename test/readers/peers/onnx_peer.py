"""What the onnx package of PyPI makes of models, and models that it writes."""

import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.checker import check_model
from onnx.reference import ReferenceEvaluator
from onnx.shape_inference import infer_shapes
from safetensors.numpy import load_file, save_file


def check(path):
    """Checks a model, and says what its shape inference knows of its outputs: their names, types and dimensions."""
    check_model(path, full_check=True)
    model = onnx.load(path)
    check_model(model, full_check=True)
    inferred = infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return {
        "opset": [entry.version for entry in model.opset_import],
        "inputs": [value(each) for each in inferred.graph.input],
        "outputs": [value(each) for each in inferred.graph.output],
        "parameters": sorted(each.name for each in model.graph.initializer),
    }


def value(info):
    tensor = info.type.tensor_type
    dims = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in tensor.shape.dim]
    return [info.name, TensorProto.DataType.Name(tensor.elem_type), dims]


def run(model, inputs, outputs):
    """The outputs of a model by the reference evaluator."""
    session = ReferenceEvaluator(model)
    results = session.run(None, load_file(inputs))
    save_file({name: np.asarray(result) for name, result in zip(session.output_names, results)}, outputs)
    return None


def write(path, opset):
    """A model that is none of ours: names, raw and listed data, constants, an optional output's name, integers, and shapes by reshaping."""
    random = np.random.default_rng(7)
    draw = lambda *shape: random.standard_normal(shape).astype(np.float32) / 3
    float32 = TensorProto.FLOAT
    listed = lambda name, array: helper.make_tensor(name, float32, array.shape, array.flatten().tolist())
    initializers = [
        numpy_helper.from_array(draw(6, 2, 3, 3), "conv.weight"),
        listed("conv.bias", draw(6)),
        numpy_helper.from_array(np.ones(6, dtype=np.float32), "norm.weight"),
        numpy_helper.from_array(draw(6), "norm.bias"),
        numpy_helper.from_array(draw(6), "norm.mean"),
        numpy_helper.from_array(np.abs(draw(6)) + np.float32(0.5), "norm.var"),
        numpy_helper.from_array(np.array([0, -1], dtype=np.int64), "shape"),
        listed("head.weight", draw(5, 24)),
        numpy_helper.from_array(draw(5), "head.bias"),
        numpy_helper.from_array(draw(5, 5), "last.weight"),
    ]
    nodes = [
        helper.make_node("Conv", ["image", "conv.weight", "conv.bias"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2]),
        # momentum: the reference evaluator takes the batch's statistics before operator set 14, which only 1 leaves out.
        helper.make_node(
            "BatchNormalization",
            ["c", "norm.weight", "norm.bias", "norm.mean", "norm.var"],
            ["n"],
            epsilon=1e-3,
            momentum=1.0,
        ),
        helper.make_node("Relu", ["n"], ["r"], name="activation"),
        helper.make_node("MaxPool", ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Reshape", ["p", "shape"], ["f"]),
        helper.make_node("Gemm", ["f", "head.weight", "head.bias"], ["h"], transB=1),
        helper.make_node("Constant", [], ["two"], value=numpy_helper.from_array(np.array(2, dtype=np.float32))),
        helper.make_node("Mul", ["h", "two"], ["m"]),
        helper.make_node("Tanh", ["m"], ["t"]),
        helper.make_node("MatMul", ["t", "last.weight"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("image", float32, ["batch", 2, 8, 8])],
        [
            helper.make_tensor_value_info("logits", float32, ["batch", 5]),
            helper.make_tensor_value_info("probabilities", float32, ["batch", 5]),
        ],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", int(opset))], ir_version=8)
    check_model(model, full_check=True)
    onnx.save(model, path)
    return None


commands = {"check": check, "run": run, "write": write}
print(json.dumps(commands[sys.argv[1]](*sys.argv[2:]), allow_nan=False))
