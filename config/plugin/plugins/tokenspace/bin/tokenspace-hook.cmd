@echo off
rem Runs "tokenspace hook", wherever it is installed; without it there is nothing to do.
where tokenspace.exe >nul 2>nul && (tokenspace.exe hook %* 2>nul & exit /b 0)
if exist "%USERPROFILE%\.local\bin\tokenspace.exe" ("%USERPROFILE%\.local\bin\tokenspace.exe" hook %* 2>nul & exit /b 0)
if exist "%APPDATA%\uv\tools\tokenspace\Scripts\tokenspace.exe" ("%APPDATA%\uv\tools\tokenspace\Scripts\tokenspace.exe" hook %* 2>nul & exit /b 0)
if exist "%USERPROFILE%\pipx\venvs\tokenspace\Scripts\tokenspace.exe" ("%USERPROFILE%\pipx\venvs\tokenspace\Scripts\tokenspace.exe" hook %* 2>nul & exit /b 0)
exit /b 0
