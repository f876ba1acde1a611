/// Logs of `azureml-inference-server-http` 1.5.1 with scoring scripts that don't come up, as they were written, paths shortened.
enum ServerLogs {
    static let importError = #"""
        2026-11-21 08:06:09,024 E [5527] azmlinfsrv - Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/user_script.py", line 77, in load_script
            main_module_spec.loader.exec_module(user_module)
          File "<frozen importlib._bootstrap_external>", line 940, in exec_module
          File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
          File "/replica/import-error/code/score.py", line 1, in <module>
            import numppy
        ModuleNotFoundError: No module named 'numppy'

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 91, in setup
            self.user_script.load_script(config.app_root)
          File "/env/azureml_inference_server_http/server/user_script.py", line 79, in load_script
            raise UserScriptImportException(ex) from ex
        azureml_inference_server_http.server.user_script.UserScriptImportException: Failed to import user script because it raised an unhandled exception

        2026-11-21 08:06:09,025 I [5527] gunicorn.error - Worker exiting (pid: 5527)
        2026-11-21 08:06:09,131 E [5526] gunicorn.error - Worker (pid:5527) exited with code 3.
        2026-11-21 08:06:09,132 E [5526] gunicorn.error - Shutting down: Master
        2026-11-21 08:06:09,132 E [5526] gunicorn.error - Reason: Worker failed to boot.
        """#

    static let syntaxError = #"""
        2026-11-21 08:06:09,505 E [5531] azmlinfsrv - Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/user_script.py", line 77, in load_script
            main_module_spec.loader.exec_module(user_module)
          File "<frozen importlib._bootstrap_external>", line 936, in exec_module
          File "<frozen importlib._bootstrap_external>", line 1074, in get_code
          File "<frozen importlib._bootstrap_external>", line 1004, in source_to_code
          File "<frozen importlib._bootstrap>", line 241, in _call_with_frames_removed
          File "/replica/syntax-error/code/score.py", line 1
            def init(:
                     ^
        SyntaxError: invalid syntax

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 91, in setup
            self.user_script.load_script(config.app_root)
          File "/env/azureml_inference_server_http/server/user_script.py", line 79, in load_script
            raise UserScriptImportException(ex) from ex
        azureml_inference_server_http.server.user_script.UserScriptImportException: Failed to import user script because it raised an unhandled exception

        2026-11-21 08:06:09,505 I [5531] gunicorn.error - Worker exiting (pid: 5531)
        2026-11-21 08:06:09,614 E [5530] gunicorn.error - Worker (pid:5531) exited with code 3.
        2026-11-21 08:06:09,614 E [5530] gunicorn.error - Shutting down: Master
        2026-11-21 08:06:09,615 E [5530] gunicorn.error - Reason: Worker failed to boot.
        """#

    static let initFailed = #"""
        2026-11-21 08:06:10,035 I [5535] azmlinfsrv.user_script - Found user script at /replica/init-failed/code/score.py
        2026-11-21 08:06:10,035 I [5535] azmlinfsrv.user_script - run() is not decorated. Server will invoke it with the input in JSON string.
        2026-11-21 08:06:10,035 I [5535] azmlinfsrv.user_script - Invoking user's init function
        2026-11-21 08:06:10,035 I [5535] azmlinfsrv.print - loading
        2026-11-21 08:06:10,035 E [5535] azmlinfsrv - User's init function failed
        2026-11-21 08:06:10,036 E [5535] azmlinfsrv - Encountered Exception Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/user_script.py", line 119, in invoke_init
            self._user_init()
          File "/replica/init-failed/code/score.py", line 4, in init
            open(os.path.join(os.environ['AZUREML_MODEL_DIR'], 'nope.pkl'))
        FileNotFoundError: [Errno 2] No such file or directory: '/replica/init-failed/models/1/nope.pkl'

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 109, in setup
            self.user_script.invoke_init()
          File "/env/azureml_inference_server_http/server/user_script.py", line 121, in invoke_init
            raise UserScriptException(ex) from ex
        azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception from the user script

        2026-11-21 08:06:10,036 I [5535] azmlinfsrv - Model Directory Contents:
        2026-11-21 08:06:10,036 I [5535] azmlinfsrv - 1/
        2026-11-21 08:06:10,036 I [5535] gunicorn.error - Worker exiting (pid: 5535)
        2026-11-21 08:06:10,158 E [5534] gunicorn.error - Worker (pid:5535) exited with code 3.
        2026-11-21 08:06:10,159 E [5534] gunicorn.error - Shutting down: Master
        2026-11-21 08:06:10,159 E [5534] gunicorn.error - Reason: Worker failed to boot.
        """#

    static let initChained = #"""
        2026-11-21 08:06:10,543 I [5539] azmlinfsrv.user_script - Found user script at /replica/init-chained/code/score.py
        2026-11-21 08:06:10,543 I [5539] azmlinfsrv.user_script - run() is not decorated. Server will invoke it with the input in JSON string.
        2026-11-21 08:06:10,543 I [5539] azmlinfsrv.user_script - Invoking user's init function
        2026-11-21 08:06:10,543 E [5539] azmlinfsrv - User's init function failed
        2026-11-21 08:06:10,544 E [5539] azmlinfsrv - Encountered Exception Traceback (most recent call last):
          File "/replica/init-chained/code/score.py", line 3, in load
            {}['weights']
            ~~^^^^^^^^^^^
        KeyError: 'weights'

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/user_script.py", line 119, in invoke_init
            self._user_init()
          File "/replica/init-chained/code/score.py", line 7, in init
            load()
          File "/replica/init-chained/code/score.py", line 5, in load
            raise ValueError('no weights:\nsecond line') from e
        ValueError: no weights:
        second line

        The above exception was the direct cause of the following exception:

        Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 109, in setup
            self.user_script.invoke_init()
          File "/env/azureml_inference_server_http/server/user_script.py", line 121, in invoke_init
            raise UserScriptException(ex) from ex
        azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception from the user script

        2026-11-21 08:06:10,544 I [5539] azmlinfsrv - Model Directory Contents:
        2026-11-21 08:06:10,544 I [5539] azmlinfsrv - 1/
        2026-11-21 08:06:10,544 I [5539] gunicorn.error - Worker exiting (pid: 5539)
        2026-11-21 08:06:10,654 E [5538] gunicorn.error - Worker (pid:5539) exited with code 3.
        2026-11-21 08:06:10,654 E [5538] gunicorn.error - Shutting down: Master
        2026-11-21 08:06:10,654 E [5538] gunicorn.error - Reason: Worker failed to boot.
        """#

    static let noRun = #"""
        2026-11-21 08:06:11,593 E [5547] azmlinfsrv - Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 91, in setup
            self.user_script.load_script(config.app_root)
          File "/env/azureml_inference_server_http/server/user_script.py", line 90, in load_script
            raise UserScriptError(f"User script at {user_module.__file__} does not have a run() function defined.")
        azureml_inference_server_http.server.user_script.UserScriptError: User script at /replica/no-run/code/score.py does not have a run() function defined.

        2026-11-21 08:06:11,593 I [5547] gunicorn.error - Worker exiting (pid: 5547)
        2026-11-21 08:06:11,716 E [5546] gunicorn.error - Worker (pid:5547) exited with code 3.
        2026-11-21 08:06:11,717 E [5546] gunicorn.error - Shutting down: Master
        2026-11-21 08:06:11,717 E [5546] gunicorn.error - Reason: Worker failed to boot.
        """#

    static let runArguments = #"""
        2026-11-21 08:06:12,666 I [5555] azmlinfsrv.user_script - Found user script at /replica/run-arguments/code/score.py
        2026-11-21 08:06:12,667 E [5555] azmlinfsrv - Traceback (most recent call last):
          File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 91, in setup
            self.user_script.load_script(config.app_root)
          File "/env/azureml_inference_server_http/server/user_script.py", line 114, in load_script
            self._analyze_run()
          File "/env/azureml_inference_server_http/server/user_script.py", line 147, in _analyze_run
            raise UserScriptError("run() cannot accept positional-only arguments, *args, or **kwargs.")
        azureml_inference_server_http.server.user_script.UserScriptError: run() cannot accept positional-only arguments, *args, or **kwargs.

        2026-11-21 08:06:12,667 I [5555] gunicorn.error - Worker exiting (pid: 5555)
        2026-11-21 08:06:12,833 E [5554] gunicorn.error - Worker (pid:5555) exited with code 3.
        2026-11-21 08:06:12,834 E [5554] gunicorn.error - Shutting down: Master
        2026-11-21 08:06:12,834 E [5554] gunicorn.error - Reason: Worker failed to boot.
        """#
}
