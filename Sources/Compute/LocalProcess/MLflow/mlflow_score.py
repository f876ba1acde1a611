"""Serves an MLflow model that has no scoring script of its own.

A request holds one of the formats of MLflow's own server (dataframe_split, dataframe_records, instances, inputs, or
CSV), whose answer is {"predictions": ...}, or Azure ML's {"input_data": ..., "params": ...}, whose answer is the bare
predictions. Parsing, schema enforcement and encoding are MLflow's. What the model raises is the server's to log and to
answer with status 500, as that of every scoring script.
"""
import functools
import json
import logging
import os

from azureml_inference_server_http.api.aml_request import rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    global model, schema, invocations, formats, chat_formats, MlflowException
    import mlflow.pyfunc
    from mlflow.exceptions import MlflowException
    try:
        from mlflow.pyfunc.scoring_server import SUPPORTED_FORMATS, invocations
    except ImportError as error:
        raise RuntimeError("the model's environment holds MLflow %s; version 2.4 or newer is needed to serve a model "
                           "without a scoring script" % mlflow.__version__) from error
    model = mlflow.pyfunc.load_model(model_folder(os.environ["AZUREML_MODEL_DIR"]))
    model.predict = remembered(model.predict)
    schema = model.metadata.get_input_schema()
    formats, chat_formats = set(SUPPORTED_FORMATS), find_chat_formats()
    print("MLflow %s serves %s" % (mlflow.__version__, ", ".join(sorted(model.metadata.flavors))), flush=True)


def find_chat_formats():
    """Fields of language models, which newer versions know."""
    try:
        from mlflow.pyfunc.utils.serving_data_parser import SUPPORTED_LLM_FORMATS
    except ImportError:
        return set()
    return set(SUPPORTED_LLM_FORMATS)


def remembered(predict):
    """The model's own predict, which also notes what it raised: MLflow puts an exception of its own in its place."""
    @functools.wraps(predict)
    def remembering(*arguments, **named):
        try:
            return predict(*arguments, **named)
        except Exception as error:
            remembering.error = error
            raise

    remembering.error = None
    return remembering


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
    is_azure, refused = False, None
    model.predict.error = None
    try:
        if content_type.split(";")[0].strip() == "application/json":
            body = json.loads(text)
            is_azure = isinstance(body, dict) and "input_data" in body
            if is_azure:
                text = json.dumps(as_mlflow(body))
            elif not holds_input(body):
                return plain(no_input(body), 400)
        answer = invocations(text, content_type, model, schema)
    except json.JSONDecodeError as error:
        return plain("The body is not valid JSON: %s" % error, 400)
    except MlflowException as error:
        # Handled below: what is raised here would have MLflow's exception as its context.
        refused = error
    if refused:
        return refusal(refused, is_azure)
    if answer.status != 200 or not is_azure:
        return AMLResponse(answer.response, answer.status, {"Content-Type": answer.mimetype})
    return AMLResponse(json.loads(answer.response)["predictions"], 200, json_str=True)


def refusal(error, is_azure):
    """MLflow's words where the input is at fault; else raises what the model raised."""
    raised = model.predict.error
    status = error.get_http_status_code()
    if raised is not None and (status >= 500 or not isinstance(raised, MlflowException)):
        raise raised
    if raised is not None:
        logging.getLogger("azmlinfsrv.mlflow").warning("The model refused its input.", exc_info=raised)
    return plain("input_data does not fit the model. " + error.message if is_azure else error.message, status)


def holds_input(body):
    return isinstance(body, dict) and (bool(chat_formats & set(body)) or len(formats & set(body)) == 1)


def no_input(body):
    """What is said of a body that holds no input, or more than one."""
    found = "It is no object."
    if isinstance(body, dict):
        found = "It has %s." % (", ".join(sorted(body))[:500] or "no fields")
    return ("The body must be a JSON object with the input in the field input_data (Azure ML's format), or in exactly one "
            "of MLflow's: %s. %s" % (", ".join(sorted(formats)), found))


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
