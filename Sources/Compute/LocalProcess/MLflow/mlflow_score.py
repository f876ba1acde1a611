"""Serves an MLflow model that has no scoring script of its own.

A request holds one of the formats of MLflow's own server (dataframe_split, dataframe_records, instances, inputs, or
CSV), whose answer is {"predictions": ...}, or Azure ML's {"input_data": ..., "params": ...}, whose answer is the bare
predictions. Parsing, schema enforcement and encoding are MLflow's.
"""
import json
import os

from azureml_inference_server_http.api.aml_request import rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    global model, schema, invocations, MlflowException
    import mlflow.pyfunc
    from mlflow.exceptions import MlflowException
    try:
        from mlflow.pyfunc.scoring_server import invocations
    except ImportError as error:
        raise RuntimeError("the model's environment holds MLflow %s; version 2.4 or newer is needed to serve a model "
                           "without a scoring script" % mlflow.__version__) from error
    model = mlflow.pyfunc.load_model(model_folder(os.environ["AZUREML_MODEL_DIR"]))
    schema = model.metadata.get_input_schema()
    print("MLflow %s serves %s" % (mlflow.__version__, ", ".join(sorted(model.metadata.flavors))), flush=True)


def model_folder(root):
    """The folder of the MLmodel file: the model's folder itself, or the one that keeps its name in it."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        if "MLmodel" in files:
            return folder
    raise FileNotFoundError("no file MLmodel in the model's files")


@rawhttp
def run(request):
    if request.method != "POST":
        return plain("POST the input; this server answers nothing else.", 405)
    content_type = request.content_type or "application/json"
    text = request.get_data(as_text=True)
    is_azure = False
    try:
        if content_type.split(";")[0].strip() == "application/json":
            body = json.loads(text)
            is_azure = isinstance(body, dict) and "input_data" in body
            if is_azure:
                text = json.dumps(as_mlflow(body))
        answer = invocations(text, content_type, model, schema)
    except json.JSONDecodeError as error:
        return plain("The body is not valid JSON: %s" % error, 400)
    except MlflowException as error:
        return plain(error.message, error.get_http_status_code())
    if answer.status != 200 or not is_azure:
        return AMLResponse(answer.response, answer.status, {"Content-Type": answer.mimetype})
    return AMLResponse(json.loads(answer.response)["predictions"], 200, json_str=True)


def as_mlflow(body):
    """Azure ML's format in MLflow's: a table by columns, rows or records, a tensor, or named tensors."""
    data = body["input_data"]
    rest = {"params": body["params"]} if body.get("params") else {}
    if isinstance(data, dict):
        is_table = "data" in data and set(data) <= {"columns", "index", "data"}
        return {"dataframe_split" if is_table else "inputs": data, **rest}
    has_columns = schema is not None and not schema.is_tensor_spec()
    if has_columns and isinstance(data, list) and data and isinstance(data[0], dict):
        return {"dataframe_records": data, **rest}
    if has_columns and schema.has_input_names() and isinstance(data, list) and data and isinstance(data[0], list):
        return {"dataframe_split": {"columns": schema.input_names(), "data": data}, **rest}
    return {"inputs": data, **rest}


def plain(message, status):
    return AMLResponse(message, status, {"Content-Type": "text/plain; charset=utf-8"})
